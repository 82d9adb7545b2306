import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { leadClient } from './lead-client.ts';

const python = fileURLToPath(new URL('../../.runtime/clients/python/bin/python', import.meta.url));
const program = fileURLToPath(new URL('python/main.py', import.meta.url));

leadClient('hvac, the Python client', async () => {
  if (!existsSync(python)) throw new Error('hvac is not installed: run scripts/setup --for=test');
  return {
    command: python,
    // Isolated (-I) from modules and variables of this machine; no compiled files beside the sources (-B).
    args: ['-I', '-B', program],
    env: {},
  };
});
