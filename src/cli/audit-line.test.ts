import { expect, it } from 'vitest';
import { renderAuditLine } from './audit-line.ts';

const record = (fields: object): string =>
  JSON.stringify({
    time: '2026-01-02T03:04:05.678901234Z',
    type: 'request',
    auth: { display_name: `hmac-sha256:${'ab'.repeat(32)}` },
    request: { operation: 'read', path: 'secret/data/a', remote_address: '10.0.0.1' },
    ...fields,
  });

it('an opening record says who, what and from where', () => {
  expect(renderAuditLine(record({}))).toBe(
    '2026-01-02T03:04:05.678Z > read   secret/data/a by hmac:abababab from 10.0.0.1',
  );
});

it('a closing record says what became of it', () => {
  expect(renderAuditLine(record({ type: 'response' }))).toMatch(/ < read .* done$/);
  expect(renderAuditLine(record({ type: 'response', error: 'permission denied' }))).toMatch(
    /refused: permission denied$/,
  );
});

it('a mark of the log itself says what it is', () => {
  const time = '2026-01-02T03:04:05.678901Z';
  const checkpoint = { time, type: 'checkpoint', reason: 'stop', covers: { seq: 7 }, key_id: '3962977ecd4a68b7' };
  expect(renderAuditLine(JSON.stringify(checkpoint))).toBe(
    '2026-01-02T03:04:05.678Z # checkpoint signed up to line 7 (stop) by key 3962977e',
  );
  expect(renderAuditLine(JSON.stringify({ time, type: 'begin', sink: 'file/' }))).toMatch(/ # log of file\/ begins$/);
  expect(renderAuditLine(JSON.stringify({ time, type: 'resumed', sink: 'f\u001b' }))).toMatch(/ # log of f.* goes on$/);
  expect(renderAuditLine(JSON.stringify({ time, type: 'resumed', sink: 'f\u001b' }))).not.toContain('\u001b');
});

it('a line that is no record is shown without control characters', () => {
  expect(renderAuditLine('not json\u001b[31m')).toBe('not json\\u001b[31m');
  expect(renderAuditLine('{"checkpoint":1}')).toBe('{"checkpoint":1}');
  expect(renderAuditLine(record({ error: '\u001b[31m' }))).not.toContain('\u001b');
});
