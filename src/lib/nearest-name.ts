const maxNameLength = 64;

/**
 * The allowed name a misspelt one most likely meant, or undefined when none is near: at most two letters wrong, left
 * out, added or changed over, and fewer than half of them. For "did you mean" hints.
 */
export function nearestName(name: string, allowed: readonly string[]): string | undefined {
  if (name.length > maxNameLength) return undefined;
  const plain = name.toLowerCase().replaceAll('-', '_');
  let nearest: string | undefined;
  let nearestDistance = Math.min(3, Math.ceil(plain.length / 2));
  for (const candidate of allowed) {
    const distance = editDistance(plain, candidate);
    if (distance >= nearestDistance) continue;
    nearest = candidate;
    nearestDistance = distance;
  }
  return nearest;
}

/** Optimal string alignment: letters changed, added, left out, or two neighbours changed over. */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let best = Math.min(
        (previous[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (previous[column - 1] as number) + (same ? 0 : 1),
      );
      const crossed =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (crossed) best = Math.min(best, (beforePrevious[column - 2] as number) + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] as number;
}
