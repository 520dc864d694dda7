import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

/** What is in some files of examples/kubernetes, which have no mistake as YAML. */
export function manifestsIn<Manifest>(...files: string[]): Manifest[] {
  return files.flatMap((file) => {
    const documents = parseAllDocuments(readFileSync(`examples/kubernetes/${file}.yaml`, 'utf8'));
    assert.deepEqual(
      documents.flatMap(({ errors }) => errors),
      [],
    );
    return documents.map((document) => document.toJS() as Manifest);
  });
}

/** Where a configuration in such a file says something. */
export function configuredIn(configuration: string, key: string): string {
  return new RegExp(`^${key} = "?([^"\\n]*)"?$`, 'm').exec(configuration)?.[1] ?? '';
}
