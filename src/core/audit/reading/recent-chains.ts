import type { ChainPosition } from '../lines/chain.ts';
import { maxCoverDistance } from '../sinks/checkpoint.ts';

const size = maxCoverDistance + 16;

/** Chain values of the newest lines, as far back as a checkpoint may reach. */
export class RecentChains {
  readonly #chains: string[] = [];

  add({ seq, chain }: ChainPosition): void {
    this.#chains[seq % size] = `${seq}:${chain}`;
  }

  at(seq: number): string | undefined {
    const found = this.#chains[seq % size];
    return found?.startsWith(`${seq}:`) ? found.slice(found.indexOf(':') + 1) : undefined;
  }
}
