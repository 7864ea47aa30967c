/* What is used of a browser's audio, as far as it is used: the types of browsers are not loaded here. */

export interface MediaTrack {
  stop(): void;
  addEventListener(type: 'ended', listener: () => void): void;
}

export interface MediaSound {
  getTracks(): readonly MediaTrack[];
}

export interface SoundConstraints {
  readonly audio: Readonly<Record<string, unknown>>;
}

interface AudioNodeLike {
  connect(destination: AudioNodeLike): unknown;
  disconnect(): void;
}

export interface CaptureNode extends AudioNodeLike {
  readonly port: {
    onmessage: ((event: { readonly data: unknown }) => void) | null;
    postMessage(message: unknown): void;
    close(): void;
  };
}

export interface SoundContext {
  readonly sampleRate: number;
  readonly state: string;
  readonly audioWorklet: { addModule(url: string): Promise<void> };
  createMediaStreamSource(sound: MediaSound): AudioNodeLike;
  resume(): Promise<void>;
  close(): Promise<void>;
}

/** The parts of a browser's global object; each is missing where there is no browser, or no secure page. */
export interface BrowserAudio {
  readonly navigator?: { readonly mediaDevices?: { getUserMedia(constraints: SoundConstraints): Promise<MediaSound> } };
  readonly AudioContext?: new (options?: { readonly sampleRate: number }) => SoundContext;
  readonly AudioWorkletNode?: new (context: SoundContext, name: string, options: Readonly<Record<string, unknown>>) => CaptureNode;
  readonly URL: { createObjectURL(blob: unknown): string; revokeObjectURL(url: string): void };
  readonly Blob: new (parts: readonly string[], options: { readonly type: string }) => unknown;
}
