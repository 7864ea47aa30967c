import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import type { ServerSettings } from './settings.js';

/** The PEM files as they are now, and a mark that changes when any of them does. */
export interface TlsFiles {
  readonly options: SecureContextOptions & { readonly requestCert: boolean; readonly rejectUnauthorized: boolean };
  readonly mark: string;
}

/**
 * Reads the PEM files and checks that they fit together.
 *
 * @returns `undefined` where no TLS is set up.
 * @throws TypeError for a file that cannot be read, or a key that does not fit its certificate.
 */
export async function readTlsFiles(settings: ServerSettings): Promise<TlsFiles | undefined> {
  const { tlsKey, tlsCert, tlsClientCa } = settings;
  if (tlsKey === undefined || tlsCert === undefined) return undefined;
  const [key, cert, ca] = await Promise.all([readPem('tls_key', tlsKey), readPem('tls_cert', tlsCert), tlsClientCa === undefined ? undefined : readPem('tls_client_ca', tlsClientCa)]);
  // TLS 1.2 for the telephony systems of the last ten years; older versions are broken.
  const secure: SecureContextOptions = { key, cert, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) };
  try {
    createSecureContext(secure);
  } catch (error) {
    throw new TypeError('expected tls_key, tls_cert and tls_client_ca to hold PEM of a key, its certificate and authorities, got something that does not fit', {
      cause: error,
    });
  }
  const hash = createHash('sha256');
  for (const part of [key, cert, ca ?? '']) hash.update(part).update('\n');
  return { options: { ...secure, requestCert: ca !== undefined, rejectUnauthorized: ca !== undefined }, mark: hash.digest('hex') };
}

async function readPem(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new TypeError(`expected ${setting} to name a PEM file that can be read, got one that cannot; check its path and permissions`, { cause: error });
  }
}
