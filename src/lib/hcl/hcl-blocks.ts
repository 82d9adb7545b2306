import type { HclEntry, HclObject, HclPosition, HclValue } from './hcl-tree.ts';
import { refuseAt } from './source-text.ts';

/** One block, however it was written. */
export interface HclBlock {
  readonly labels: readonly string[];
  readonly body: HclObject;
  readonly position: HclPosition;
}

/**
 * The blocks an entry stands for, each with exactly `labelCount` labels. These mean the same:
 * `path "a" {…}` in HCL, `{"path": {"a": {…}}}` and `{"path": [{"a": {…}}]}` in JSON.
 *
 * @throws StrongroomError `invalid_request` when labels are missing or too many, or a body is no object
 */
export function hclBlocks(entry: HclEntry, labelCount: number): HclBlock[] {
  if (entry.labels.length > labelCount) {
    refuseAt(entry.position, `"${entry.key}" takes ${labelCount === 0 ? 'no label' : `${labelCount} label(s)`}`);
  }
  const blocks: HclBlock[] = [];
  collect(entry.key, entry.value, entry.labels, labelCount, entry.position, blocks);
  return blocks;
}

function collect(
  key: string,
  value: HclValue,
  labels: readonly string[],
  labelCount: number,
  position: HclPosition,
  blocks: HclBlock[],
): void {
  if (value.kind === 'list') {
    for (const item of value.items) {
      if (item.kind === 'list') refuseAt(item.position, `"${key}" must be a block`);
      collect(key, item, labels, labelCount, item.position, blocks);
    }
    return;
  }
  if (value.kind !== 'object') refuseAt(position, `"${key}" must be a block`);
  if (labels.length === labelCount) {
    blocks.push({ labels, body: value, position });
    return;
  }
  for (const entry of value.entries) {
    const reached = [...labels, entry.key, ...entry.labels];
    const nested = entry.value.kind === 'object' || entry.value.kind === 'list';
    if (!nested || reached.length > labelCount) {
      refuseAt(entry.position, `"${key}" must be written with ${labelCount} label(s)`);
    }
    collect(key, entry.value, reached, labelCount, entry.position, blocks);
  }
}
