import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { connect } from 'node:tls';
import { fatalAlert } from '#src/protocol/tls-alert.ts';
import { serve } from '../support/tcp.ts';
import { VERSIONS } from '../support/tls.ts';

describe('a fatal alert', () => {
  for (const version of VERSIONS) {
    for (const [description, code] of [
      ['unrecognizedName', 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
      ['internalError', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'],
    ] as const) {
      test(`tells a client of ${version} the reason: ${description}`, async (t) => {
        const { port } = await serve(t, (socket) => {
          socket.end(fatalAlert(description)).resume();
        });
        const versions = { minVersion: version, maxVersion: version };
        const client = connect({ port, host: '127.0.0.1', ...versions });
        const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
        assert.equal(error.code, code);
      });
    }
  }
});
