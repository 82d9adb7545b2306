import type { MergedRule } from './merged-rule.ts';
import { compareWildPatterns, matchesAfterHead, type WildPattern } from './path-pattern.ts';

interface TreeNode {
  /** What leads here from the parent. */
  label: string;
  readonly children: Map<number, TreeNode>;
  /** Rules whose head ends here, the one that decides first. */
  readonly rules: MergedRule[];
  /** The nearest node above that has rules. */
  above: TreeNode | undefined;
}

function newNode(label: string): TreeNode {
  return { label, children: new Map(), rules: [], above: undefined };
}

/**
 * The rules with a wildcard, in a radix tree of their heads (the text before the first wildcard). A path is walked
 * down once and back up; since a later first wildcard decides first, the first match on the way up is the rule that
 * decides. No pattern is ever turned into a regular expression.
 */
export class RuleTree {
  readonly #root = newNode('');

  constructor(rules: Iterable<MergedRule>) {
    for (const rule of rules) this.#nodeFor((rule.pattern.wild as WildPattern).head).rules.push(rule);
    // A stack, not recursion: a text of a million nested heads must not use up the call stack.
    const waiting = [this.#root];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      node.rules.sort((left, right) => compareWildPatterns(left.pattern, right.pattern));
      for (const child of node.children.values()) {
        child.above = node.rules.length > 0 ? node : node.above;
        waiting.push(child);
      }
    }
  }

  /** The rule that decides on a path, exact rules aside. */
  find(path: string): MergedRule | undefined {
    let node = this.#root;
    let position = 0;
    while (position < path.length) {
      const child = node.children.get(path.charCodeAt(position));
      if (child === undefined || !path.startsWith(child.label, position)) break;
      position += child.label.length;
      node = child;
    }
    for (let at: TreeNode | undefined = node; at !== undefined; at = at.above) {
      const { rules } = at;
      for (let index = 0; index < rules.length; index += 1) {
        const rule = rules[index] as MergedRule;
        if (matchesAfterHead(rule.pattern.wild as WildPattern, path)) return rule;
      }
    }
    return undefined;
  }

  #nodeFor(head: string): TreeNode {
    let node = this.#root;
    let position = 0;
    while (position < head.length) {
      const code = head.charCodeAt(position);
      const child = node.children.get(code);
      if (child === undefined) {
        const leaf = newNode(head.slice(position));
        node.children.set(code, leaf);
        return leaf;
      }
      const shared = sharedLength(child.label, head, position);
      node = shared === child.label.length ? child : splitNode(node, child, shared);
      position += shared;
    }
    return node;
  }
}

function sharedLength(label: string, text: string, position: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(position + length)) length += 1;
  return length;
}

function splitNode(parent: TreeNode, child: TreeNode, length: number): TreeNode {
  const middle = newNode(child.label.slice(0, length));
  parent.children.set(middle.label.charCodeAt(0), middle);
  child.label = child.label.slice(length);
  middle.children.set(child.label.charCodeAt(0), child);
  return middle;
}
