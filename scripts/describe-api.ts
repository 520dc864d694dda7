import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describeApi } from '#src/admin/api/openapi.ts';

// Writes docs/openapi.json anew, after a build and before `npm run format`.
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
writeFileSync('docs/openapi.json', JSON.stringify(describeApi(version), undefined, 2));
