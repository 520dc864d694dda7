import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';

const SOURCE = 'src';

/** What each part may import of the others. A part is a folder of src, or a file there. */
const ALLOWED: Record<string, string[]> = {
  index: ['agent', 'broker', 'connect', 'pool', 'data-plane', 'options', 'errors'],
  cli: [
    'admin',
    'units',
    'protocol',
    'agent',
    'broker',
    'completions',
    'connect',
    'hooks',
    'http',
    'log',
    'metrics-listener',
    'service-manager',
    'shell',
    'view',
    'config',
    'watched-files',
    'options',
    'errors',
  ],
  completions: ['options'],
  'service-manager': ['agent', 'broker', 'options', 'errors'],
  config: ['options', 'errors'],
  log: ['admin', 'broker', 'agent', 'connect', 'data-plane', 'protocol', 'units', 'errors'],
  admin: [
    'broker',
    'http',
    'metrics',
    'data-plane',
    'protocol',
    'watched-files',
    'options',
    'errors',
    'file-mode',
  ],
  broker: [
    'directory',
    'links',
    'pool',
    'doorstep',
    'protocol',
    'data-plane',
    'yamux',
    'watched-files',
    'options',
    'within',
    'deadline',
    'errors',
    'file-mode',
  ],
  agent: [
    'relay-list',
    'protocol',
    'data-plane',
    'yamux',
    'options',
    'deadline',
    'errors',
    'file-mode',
  ],
  connect: ['relay-list', 'protocol', 'data-plane', 'options', 'errors'],
  pool: ['data-plane', 'options', 'errors'],
  hooks: ['broker', 'log', 'data-plane', 'protocol', 'options', 'shell', 'units', 'errors'],
  http: ['data-plane', 'options', 'within', 'errors'],
  'metrics-listener': ['agent', 'http', 'metrics', 'options', 'errors'],
  metrics: ['agent', 'broker', 'data-plane'],
  shell: ['errors'],
  view: ['agent', 'log', 'data-plane', 'units'],
  options: ['protocol', 'data-plane', 'errors'],
  links: ['directory', 'doorstep', 'protocol', 'data-plane', 'yamux', 'within', 'errors'],
  doorstep: ['data-plane'],
  directory: ['protocol', 'options', 'within', 'errors'],
  protocol: [],
  yamux: ['deadline', 'young-buffers'],
  'data-plane': ['protocol', 'within', 'young-buffers', 'errors'],
  'watched-files': ['errors'],
  within: [],
  deadline: [],
  errors: [],
  'file-mode': [],
  page: ['admin', 'units'],
  'young-buffers': [],
  'relay-list': [],
  units: [],
};

/** The status page runs in a browser: it is a part of its own, which knows what the API answers and uses nothing of it. */
const PAGE = 'admin/page/';
const ANSWERS = 'admin/api/answers.ts';

/** Parts that know the data plane only by its interface, and use nothing of it at run time. */
const TYPES_ONLY = ['log', 'hooks', 'metrics', 'options', 'view'];
const INTERFACE = 'data-plane/data-plane.ts';

/** What of the data plane is no more than a function of texts, and checks options. */
const ADDRESSES = 'data-plane/address-list.ts';

interface Import {
  from: string;
  to: string;
  type: boolean;
}

/** The static and dynamic imports of a source text, by specifier; those of one's own files are relative. */
function importsIn(file: string, source: string): Import[] {
  const statement = /^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?['"](\.[^'"]*)['"]/gm;
  const dynamic = /\bimport\(\s*()['"](\.[^'"]*)['"]/g;
  return [statement, dynamic].flatMap((pattern) =>
    [...source.matchAll(pattern)].map(([, type, specifier = '']) => ({
      from: file,
      to: join(dirname(file), specifier),
      type: Boolean(type),
    })),
  );
}

function partOf(file: string): string {
  if (file.startsWith(PAGE)) return 'page';
  return file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.ts$/, '');
}

/** What is wrong with an import, or nothing. */
function faultOf({ from, to, type }: Import): string | undefined {
  const [user, used] = [partOf(from), partOf(to)];
  if (user === used) return undefined;
  if (!ALLOWED[user]?.includes(used)) return `${from} imports ${to}`;
  if (user === 'page' && used === 'admin') {
    return type && to === ANSWERS ? undefined : `${from} imports more than types from ${to}`;
  }
  if (used !== 'data-plane' || !TYPES_ONLY.includes(user)) return undefined;
  if (user === 'options' && to === ADDRESSES) return undefined;
  return type && to === INTERFACE ? undefined : `${from} imports more than types from ${to}`;
}

const files = readdirSync(SOURCE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => relative(SOURCE, join(entry.parentPath, entry.name)));

const sources = new Map(files.map((file) => [file, readFileSync(join(SOURCE, file), 'utf8')]));

test('no import points the wrong way', () => {
  const imports = [...sources].flatMap(([file, source]) => importsIn(file, source));
  assert.deepEqual(imports.map(faultOf).filter(Boolean), []);
});

test('every part of the source has its place in the picture', () => {
  assert.deepEqual([...new Set(files.map(partOf))].sort(), Object.keys(ALLOWED).sort());
});

test('no import goes unseen, and each leads to a file', () => {
  for (const [file, source] of sources) {
    const found = importsIn(file, source);
    const code = source.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$/gm, '');
    const programs = code.matchAll(/new URL\('(\.[^']*)\.js', import\.meta\.url\)/g);
    for (const [, name] of programs) {
      assert.ok(sources.has(`${join(dirname(file), name ?? '')}.ts`), `${file} starts ${name}`);
    }
    const specifiers =
      code.replaceAll(/new URL\([^)]*\)/g, '').match(/['"]\.\.?\/[^'"]*['"]/g) ?? [];
    assert.equal(found.length, specifiers.length, file);
    for (const { to } of found) assert.ok(existsSync(join(SOURCE, to)), `${file} imports ${to}`);
  }
});

/** The files that are loaded with a file, whatever it then does; itself first. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const ours = importsIn(file, (sources.get(file) ?? '').replace(/\bimport\(/g, 'later('));
  for (const { to, type } of ours) if (!type) loadedWith(to, seen);
  return seen;
}

/** And the packages, Node's own among them. */
function packagesWith(file: string): string[] {
  const foreign = /^(?:import|export)\s+(?!type\s)(?:[^'"`;]*?\sfrom\s+)?['"]([^.'"][^'"]*)['"]/gm;
  return [...loadedWith(file)].flatMap((each) =>
    [...(sources.get(each) ?? '').matchAll(foreign)].map(([, name = '']) => name),
  );
}

test('what serves operators is loaded for those only who ask for it', () => {
  const served = /^(hono|@hono\/|prom-client|@valibot\/to-json-schema)/;
  const programs = ['cli/relay-broker.ts', 'cli/run-broker.ts', 'cli/relay-agent.ts', 'index.ts'];
  for (const program of programs) {
    assert.ok(packagesWith(program).includes('valibot'), 'or nothing was looked at');
    assert.deepEqual(
      packagesWith(program).filter((name) => served.test(name)),
      [],
      program,
    );
  }
  assert.ok(packagesWith('admin/admin.ts').some((name) => served.test(name)));
});

test('NATS’s packages are loaded where a broker joins a fleet, and not before', () => {
  const store = sources.get('directory/nats/nats-store.ts') ?? '';
  assert.match(store, /await import\('@nats-io\/transport-node'\)/);
  for (const file of sources.keys()) {
    assert.ok(!packagesWith(file).some((name) => name.startsWith('@nats-io/')), file);
  }
});

test('nobody waits for what his program is not going to do', () => {
  const connect = /^(node:(tls|crypto)|consola|toml-eslint-parser)/;
  assert.ok(packagesWith('cli/connect-port.ts').some((name) => name === 'node:net'));
  assert.deepEqual(
    packagesWith('cli/relay-connect.ts').filter((name) => connect.test(name)),
    [],
  );
  const running = /^(broker|agent|data-plane\/(portable|linux)|directory|links|yamux|log)\//;
  assert.deepEqual(
    [...loadedWith('cli/relay-broker.ts')].filter((file) => running.test(file)),
    [],
  );
  const together = /^(links\/(?!links)|directory\/(nats|tenure|fleet-directory))/;
  assert.ok([...loadedWith('broker/fleet/fleet.ts')].some((file) => together.test(file)));
  assert.deepEqual(
    [...loadedWith('cli/run-broker.ts')].filter((file) => together.test(file)),
    [],
  );
});

test('nothing of ours is imported by its package name, which would hide the arrow', () => {
  for (const [file, source] of sources) {
    assert.doesNotMatch(source, /\b(from|import)\s*\(?\s*['"](#src|relay-broker\/?['"])/, file);
  }
});

test('a wrong arrow is found, in every form that an import has', () => {
  const wrong: [file: string, source: string][] = [
    ['protocol/a.ts', "import { b } from '../errors.ts';"],
    ['yamux/a.ts', "import { b } from '../data-plane/failure.ts';"],
    ['data-plane/portable/a.ts', "import type { b } from '../../options/option.ts';"],
    ['broker/a.ts', "import {\n  b,\n  type C,\n} from '../agent/agent.ts';"],
    ['agent/a.ts', "export * from '../broker/broker.ts';"],
    ['errors.ts', "import './cli/program.ts';"],
    ['log/a.ts', "const b = await import('../index.ts');"],
    ['options/a.ts', "import { b } from '../data-plane/data-plane.ts';"],
    ['options/a.ts', "import { type B } from '../data-plane/data-plane.ts';"],
    ['options/a.ts', "import { b } from '../data-plane/address.ts';"],
    ['log/a.ts', "import type { B } from '../data-plane/address.ts';"],
    ['log/a.ts', "import { b } from '../data-plane/address-list.ts';"],
    ['admin/page/view/a.tsx', "import { b } from '../../../errors.ts';"],
    ['admin/page/a.ts', "import { b } from '../api/answers.ts';"],
    ['admin/page/a.ts', "import type { B } from '../app.ts';"],
    ['admin/a.ts', "import { b } from './page/b.ts';"],
    ['cli/a.ts', "import type { B } from '../admin/page/b.ts';"],
  ];
  for (const [file, source] of wrong) {
    const faults = importsIn(file, source).map(faultOf).filter(Boolean);
    assert.equal(faults.length, 1, `${file}: ${source}`);
  }
});
