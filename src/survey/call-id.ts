import { createHmac, randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TonalitetError } from '../errors.js';

/** A key of SHA-256's own size. */
const KEY_BYTES = 32;

/** 128 bits: among a billion calls, two alike are less likely than 10^-20. Hexadecimal, so that it never looks like an option. */
const PSEUDONYM_CHARACTERS = 32;

/** The longest call id that is taken: telephony systems use at most 128 characters (SIP Call-ID in practice). */
export const MAX_CALL_ID_CHARACTERS = 200;

/**
 * Turns call ids into pseudonyms: HMAC-SHA-256 with a key that is kept beside the database and not in it. The same call gets the
 * same pseudonym, so that nothing is counted twice and a call can be found again; without the key nobody can tell whose call
 * a response is, nor try call ids one after the other.
 */
export class CallIds {
  readonly #key: Buffer;

  /** @param key 32 secret bytes. */
  constructor(key: Uint8Array) {
    if (key.length !== KEY_BYTES) throw new RangeError(`expected a key of ${KEY_BYTES} bytes, got ${key.length}`);
    this.#key = Buffer.from(key);
  }

  /**
   * Reads the key file, or makes one with a new random key.
   *
   * @throws TonalitetError `KEY_INVALID` for a file that holds no key, `FILE_UNREADABLE`.
   */
  static async open(path: string): Promise<CallIds> {
    const text = (await readKey(path)) ?? (await makeKey(path)) ?? (await readKey(path));
    if (text === undefined || !/^[0-9a-f]{64}\n?$/.test(text)) {
      throw new TonalitetError('KEY_INVALID', `Expected a key file of ${2 * KEY_BYTES} hexadecimal digits, got another one: ${path}. Restore it from a backup.`);
    }
    return new CallIds(Buffer.from(text.trim(), 'hex'));
  }

  /** The id under which a call's response is kept. */
  pseudonym(callId: string): string {
    return this.#digest('call', callId);
  }

  /** What stands for a content: the same for the same, and not to be guessed from. */
  digest(content: string): string {
    return this.#digest('content', content);
  }

  #digest(purpose: string, text: string): string {
    return createHmac('sha256', this.#key).update(`${purpose}\n${text}`).digest('hex').slice(0, PSEUDONYM_CHARACTERS);
  }
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    throw new TonalitetError('FILE_UNREADABLE', `Expected a key file that can be read, got ${String(code)}: ${path}`, { cause });
  }
}

/**
 * Makes the file whole or not at all, and on the disk before it is used: a pseudonym whose key was lost is of no use.
 *
 * @returns `undefined` where another process was first.
 */
async function makeKey(path: string): Promise<string | undefined> {
  const text = `${randomBytes(KEY_BYTES).toString('hex')}\n`;
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    {
      await using file = await open(draft, 'wx', 0o600);
      await file.writeFile(text);
      await file.sync();
    }
    await link(draft, path);
    await using folder = await open(dirname(path), 'r');
    await folder.sync();
    return text;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return undefined;
    throw new TonalitetError('FILE_UNREADABLE', `Expected to make a key file, got ${String(code)}: ${path}`, { cause });
  } finally {
    await rm(draft, { force: true });
  }
}
