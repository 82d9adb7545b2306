/**
 * Whether a server answers at STRONGROOM_ADDR (or VAULT_ADDR; https://127.0.0.1:8200 where neither is set): exits with 0
 * or 1. Sealed and not yet initialised count as alive, since an operator has to reach such a server; whether it is ready
 * for work is what /v1/sys/health says without these parameters.
 */
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';

const timeoutMillis = 4000;
const address = process.env.STRONGROOM_ADDR || process.env.VAULT_ADDR || 'https://127.0.0.1:8200';
const url = new URL('/v1/sys/health?standbyok=true&sealedcode=200&uninitcode=200', address);
const request = url.protocol === 'https:' ? requestTls : requestPlain;

const finish = (problem) => {
  if (problem) console.error(`${url.origin}: ${problem}`);
  process.exit(problem ? 1 : 0);
};

// The certificate names the service, not 127.0.0.1. Nothing secret is sent, and only the status is read.
const probe = request(url, { method: 'GET', rejectUnauthorized: false }, (answer) => {
  answer.resume();
  finish(answer.statusCode === 200 ? undefined : `status ${answer.statusCode}`);
});
probe.setTimeout(timeoutMillis, () => finish(`no answer within ${timeoutMillis} ms`));
probe.on('error', (error) => finish(error.message));
probe.end();
