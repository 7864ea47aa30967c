import { TonalitetError } from '../errors.js';

/** What a call needs of a WebSocket: the platform's own has it, and so has that of `ws`. */
export interface ClientSocket {
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
}

interface SocketHandlers {
  readonly message: (text: string) => void;
  readonly closed: (code: number, reason: string) => void;
}

/** The part of the standard's WebSocket that is used; the types of browsers are not loaded here. */
interface StandardSocket extends ClientSocket {
  addEventListener(type: string, listener: (event: { readonly data?: unknown; readonly code?: number; readonly reason?: string }) => void): void;
}

type StandardConstructor = new (url: string, protocols: readonly string[]) => StandardSocket;

/**
 * Opens a WebSocket: the platform's, or where there is none (Node 20) that of `ws`, which is then loaded. The token goes as a
 * subprotocol, because browsers cannot set headers.
 *
 * @throws TonalitetError `CONNECTION_FAILED`.
 */
export async function openSocket(url: string, token: string | undefined, handlers: SocketHandlers): Promise<ClientSocket> {
  const Constructor = ((globalThis as { WebSocket?: unknown }).WebSocket ?? (await import('./web-socket.js')).WebSocket) as StandardConstructor;
  const socket = new Constructor(url, ['tonalitet.v1', ...(token === undefined ? [] : [`tonalitet.token.${token}`])]);
  return new Promise((resolve, reject) => {
    let open = false;
    socket.addEventListener('open', () => {
      open = true;
      resolve(socket);
    });
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') handlers.message(data);
    });
    // Its close follows, and says more.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code = 1006, reason = '' }) => {
      if (open) return handlers.closed(code, reason);
      const message = 'Expected a tonalitet server to open a stream, got a refusal or no answer. Check address and token, and that /ready answers 200.';
      reject(new TonalitetError('CONNECTION_FAILED', message));
    });
  });
}
