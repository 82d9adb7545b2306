export interface Instruction {
  readonly name: string;
  /** What follows the name, continued lines joined. */
  readonly text: string;
  /** The same as words; the members of a JSON list where it is one. Flags (`--from=build`) come first. */
  readonly words: readonly string[];
}

export interface Stage {
  /** The name after AS, or the stage's number. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  /** What stands before the first FROM. */
  readonly preamble: readonly Instruction[];
  readonly stages: readonly Stage[];
}

function splitWords(text: string): string[] {
  const flags: string[] = [];
  let rest = text;
  for (let flag = /^(--\S+)\s+/.exec(rest); flag; flag = /^(--\S+)\s+/.exec(rest)) {
    flags.push(flag[1] as string);
    rest = rest.slice(flag[0].length);
  }
  const list = rest.indexOf('[');
  if (list === 0) return [...flags, ...(JSON.parse(rest) as string[])];
  return [...flags, ...rest.split(/\s+/).filter((word) => word !== '')];
}

/** Reads the instructions of a Dockerfile; heredocs are not used here and not read. */
export function readDockerfile(text: string): Dockerfile {
  const joined = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, ' ');
  const preamble: Instruction[] = [];
  const stages: { name: string; instructions: Instruction[] }[] = [];
  for (const line of joined.split('\n').map((one) => one.trim())) {
    if (line === '') continue;
    const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    const instruction = { name: name.toUpperCase(), text: rest, words: splitWords(rest) };
    if (instruction.name === 'FROM') {
      stages.push({ name: instruction.words[2] ?? String(stages.length), instructions: [instruction] });
    } else {
      (stages.at(-1)?.instructions ?? preamble).push(instruction);
    }
  }
  return { preamble, stages };
}
