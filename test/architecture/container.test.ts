import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readDockerfile, type Stage } from './dockerfile.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const { preamble, stages } = readDockerfile(read('Dockerfile'));
const final = stages.at(-1) as Stage;
const everything = [...preamble, ...stages.flatMap(({ instructions }) => instructions)];
const named = (stage: Stage, name: string) => stage.instructions.filter((instruction) => instruction.name === name);
const manifest = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };

interface Service {
  readonly build: { readonly context: string; readonly dockerfile: string };
  readonly command: readonly string[];
  readonly user: string;
  readonly read_only: boolean;
  readonly privileged?: boolean;
  readonly cap_add?: unknown;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly environment?: unknown;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly ulimits: { readonly core: number };
}
const compose = parse(read('deploy/compose.yaml')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const service = compose.services['strongroom'] as Service;

const secretLooking = /(secret|token|passw|pin\b|api_?key|private|credential|unseal|BEGIN )/i;

/** Files that COPY puts into the image, as path in the image → path in the working copy. */
function copiedFiles(stage: Stage): ReadonlyMap<string, string> {
  const workingFolder = named(stage, 'WORKDIR').at(-1)?.words[0] ?? '/';
  const pairs = named(stage, 'COPY')
    .filter(({ words }) => !words.some((word) => word.startsWith('--from=')))
    .flatMap(({ words }) => {
      const sources = words.slice(0, -1);
      const target = words.at(-1) as string;
      return sources.map((source) => {
        const path = target.endsWith('/') && target !== './' ? join(target, source) : target;
        return [join(workingFolder, target === './' ? source : path), source] as const;
      });
    });
  return new Map(pairs);
}

/** The path in the working copy of a file in the image, when COPY brought it. */
function sourceOf(imagePath: string): string | undefined {
  for (const [target, source] of copiedFiles(final)) {
    if (imagePath === target) return source;
    if (imagePath.startsWith(`${target}/`)) return join(source, imagePath.slice(target.length + 1));
  }
  return undefined;
}

describe('OPS-09: the image', () => {
  it('copies only what is there', () => {
    const sources = stages.flatMap((stage) => [...copiedFiles(stage).values()]);
    expect(sources.length).toBeGreaterThan(8);
    expect(sources.filter((source) => !existsSync(join(root, source)))).toEqual([]);
  });

  it('sends the engine all that is copied, and nothing that was not named', () => {
    const lines = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines[0]).toBe('*');
    const sent = lines.slice(1).map((line) => line.replace(/^!/, ''));
    const copied = new Set(stages.flatMap((stage) => [...copiedFiles(stage).values()]));
    expect(new Set(sent)).toEqual(copied);
  });

  it('copies from another stage only what that stage makes', () => {
    const copies = stages.flatMap((stage) => named(stage, 'COPY')).filter(({ text }) => text.includes('--from='));
    expect(copies.map(({ words }) => words.slice(0, 2))).toEqual([
      ['--from=build', '/build/node_modules'],
      ['--from=build', '/build/dist'],
    ]);
    expect(stages.map(({ name }) => name)).toContain('build');
    expect(JSON.parse(read('tsconfig.build.json'))).toMatchObject({ compilerOptions: { outDir: 'dist' } });
  });

  it('runs only scripts that exist', () => {
    const commands = everything.filter(({ name }) => name === 'RUN').map(({ text }) => text);
    const npmScripts = commands.flatMap((text) => [...text.matchAll(/npm run (\S+)/g)].map((match) => match[1]));
    expect(npmScripts).toEqual(['build']);
    expect(npmScripts.filter((script) => !(`${script}` in manifest.scripts))).toEqual([]);
    const files = commands.flatMap((text) => [...text.matchAll(/(?:^|\s)(scripts\/\S+)/g)].map((match) => match[1]));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(join(root, `${file}`)))).toEqual([]);
  });

  it('starts a program that COPY brought', () => {
    const [entry] = named(final, 'ENTRYPOINT');
    expect(sourceOf(entry?.words[0] ?? '')).toBe('bin/strongroom');
    expect(existsSync(join(root, 'bin/strongroom'))).toBe(true);
    expect(named(final, 'CMD')[0]?.words[0]).toBe('server');
  });

  it('runs as a user that is not root, by number, and never goes back', () => {
    const users = named(final, 'USER').map(({ words }) => words[0]);
    expect(users).toEqual(['8200:8200']);
    const order = final.instructions.map(({ name }) => name);
    expect(order.lastIndexOf('RUN')).toBeLessThan(order.indexOf('USER'));
  });

  it('has a health check whose script is there', () => {
    const [check] = named(final, 'HEALTHCHECK');
    const script = /\["node", "([^"]+)"\]/.exec(check?.text ?? '')?.[1] ?? '';
    expect(existsSync(join(root, sourceOf(script) ?? 'absent'))).toBe(true);
  });

  it('keeps what is written in a volume, made for its user alone', () => {
    expect(named(final, 'VOLUME').map(({ words }) => words[0])).toEqual(['/var/lib/strongroom']);
    expect(named(final, 'RUN')[0]?.text).toContain(
      'install -d -m 0700 -o strongroom -g strongroom /var/lib/strongroom',
    );
    expect(named(final, 'EXPOSE').map(({ words }) => words[0])).toEqual(['8200']);
  });

  it('fetches nothing by address, and carries no secret', () => {
    expect(everything.filter(({ name }) => name === 'ADD')).toEqual([]);
    expect(everything.filter(({ text }) => /https?:|curl|wget/.test(text))).toEqual([]);
    const set = everything.filter(({ name }) => name === 'ENV' || name === 'ARG').map(({ text }) => text);
    expect(set.filter((text) => secretLooking.test(text))).toEqual([]);
  });
});

describe('OPS-09: the compose file', () => {
  it('builds from files that are there', () => {
    expect(existsSync(join(root, 'deploy', service.build.context, service.build.dockerfile))).toBe(true);
  });

  it('gives the container a read-only file system and no privilege', () => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.cap_add).toBeUndefined();
    expect(service.privileged).toBeUndefined();
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.user).toBe('8200:8200');
    expect(service.ulimits.core).toBe(0);
  });

  it('mounts what is there or what certs/make makes, configuration and keys read-only', () => {
    const mounts = service.volumes.map((volume) => volume.replace(/\$\{\w+:-([^}]+)\}/, '$1').split(':'));
    expect(mounts.map(([, target]) => target)).toContain('/var/lib/strongroom');
    for (const [source = '', target, mode] of mounts) {
      if (source.startsWith('.')) {
        const maker = source === '../certs/dev' ? '../certs/make' : source;
        expect(existsSync(join(root, 'deploy', maker)), source).toBe(true);
        expect(mode, target).toBe('ro');
      } else {
        expect(Object.keys(compose.volumes)).toContain(source);
      }
    }
  });

  it('starts what the image starts, checks as the image checks, and listens on this machine only', () => {
    expect(service.command).toEqual(named(final, 'CMD')[0]?.words);
    const script = service.healthcheck.test.at(-1) ?? '';
    expect(existsSync(join(root, sourceOf(script) ?? 'absent'))).toBe(true);
    expect(service.ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
  });

  it('carries no secret', () => {
    expect(service.environment).toBeUndefined();
    expect(secretLooking.test(read('deploy/config.hcl'))).toBe(false);
  });

  it('has a configuration that uses the volume, and TLS with the pair that certs/make makes', () => {
    const config = read('deploy/config.hcl');
    expect(config).toContain('path = "/var/lib/strongroom"');
    expect(config).not.toMatch(/tls_disable/);
    const files = [...config.matchAll(/tls_\w+_file\s*=\s*"\/etc\/strongroom\/tls\/([^"]+)"/g)].map(
      (match) => match[1],
    );
    expect(files).toHaveLength(2);
    for (const file of files) expect(read('certs/make')).toContain(file);
  });
});

describe('OPS-09: the systemd unit', () => {
  const unit = read('deploy/strongroom.service');

  it('starts the launcher with the configuration, as a user of its own', () => {
    expect(unit).toMatch(
      /^ExecStart=\/opt\/strongroom\/bin\/strongroom server -config=\/etc\/strongroom\/config\.hcl$/m,
    );
    expect(unit).toMatch(/^User=strongroom$/m);
  });

  it.each([
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'StateDirectoryMode=0700',
    'UMask=0077',
    'LimitCORE=0',
    'SystemCallFilter=@system-service',
  ])('is closed by %s', (line) => {
    expect(unit.split('\n')).toContain(line);
  });
});
