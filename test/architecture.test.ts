import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../src', import.meta.url));

/** What each part may import of the others. A part is a folder of src, or a file there. */
const ALLOWED: Record<string, string[]> = {
  index: ['agent', 'broker', 'connect', 'pool', 'data-plane', 'options', 'errors'],
  cli: [
    'agent',
    'broker',
    'connect',
    'log',
    'options',
    'errors',
    'admin',
    'units',
    'protocol',
    'completions',
    'hooks',
    'http',
    'metrics-listener',
    'service-manager',
    'shell',
    'view',
    'config',
    'watched-files',
  ],
  log: ['broker', 'agent', 'connect', 'data-plane', 'protocol', 'admin', 'errors'],
  broker: [
    'pool',
    'protocol',
    'data-plane',
    'yamux',
    'options',
    'errors',
    'directory',
    'links',
    'doorstep',
    'watched-files',
    'within',
    'deadline',
    'file-mode',
  ],
  agent: [
    'protocol',
    'data-plane',
    'yamux',
    'options',
    'errors',
    'relay-list',
    'deadline',
    'file-mode',
  ],
  connect: ['protocol', 'data-plane', 'options', 'errors', 'relay-list'],
  pool: ['data-plane', 'options', 'errors'],
  options: ['protocol', 'data-plane', 'errors'],
  protocol: [],
  yamux: ['deadline', 'young-buffers'],
  'data-plane': ['protocol', 'errors', 'within', 'young-buffers'],
  errors: [],
  'service-manager': ['agent', 'broker', 'options', 'errors'],
  config: ['options', 'errors'],
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
  http: ['data-plane', 'options', 'within', 'errors'],
  metrics: ['agent', 'broker', 'data-plane'],
  shell: ['errors'],
  view: ['agent', 'log', 'data-plane', 'units'],
  links: ['directory', 'doorstep', 'protocol', 'data-plane', 'yamux', 'within', 'errors'],
  doorstep: ['data-plane'],
  directory: ['protocol', 'options', 'within', 'errors'],
  'watched-files': ['errors'],
  within: [],
  deadline: [],
  'file-mode': [],
  'young-buffers': [],
  'relay-list': [],
  units: [],
};

/** Parts that know the data plane only by its interface, and use nothing of it at run time. */
const TYPES_ONLY = ['log', 'options'];
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
  return file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.ts$/, '');
}

/** What is wrong with an import, or nothing. */
function faultOf({ from, to, type }: Import): string | undefined {
  const [user, used] = [partOf(from), partOf(to)];
  if (user === used) return undefined;
  if (!ALLOWED[user]?.includes(used)) return `${from} imports ${to}`;
  if (used !== 'data-plane' || !TYPES_ONLY.includes(user)) return undefined;
  if (user === 'options' && to === ADDRESSES) return undefined;
  return type && to === INTERFACE ? undefined : `${from} imports more than types from ${to}`;
}

const files = readdirSync(SOURCE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
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
    for (const { to } of found) assert.ok(sources.has(to), `${file} imports ${to}`);
  }
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
  ];
  for (const [file, source] of wrong) {
    const faults = importsIn(file, source).map(faultOf).filter(Boolean);
    assert.equal(faults.length, 1, `${file}: ${source}`);
  }
});
