/** What the command's exit code says. Part of its interface: documented in `tonalitet --help` and the README. */
export const EXIT_CODES: {
  readonly ok: 0;
  readonly someFailed: 1;
  readonly usage: 2;
  readonly cannotWork: 3;
  readonly outputClosed: 4;
  readonly interrupted: 130;
  readonly terminated: 143;
} = Object.freeze({
  /** Everything was done. */
  ok: 0,
  /** Some of the inputs failed; the others were done. */
  someFailed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Nothing could be done, such as with a missing or damaged model. */
  cannotWork: 3,
  /** The reader of the output went away. */
  outputClosed: 4,
  /** By Ctrl-C: 128 and the number of SIGINT, as shells count. */
  interrupted: 130,
  /** By SIGTERM, likewise. */
  terminated: 143,
});

export const EXIT_CODES_HELP: string = `
Exit codes:
  0    everything was done
  1    some of the inputs failed (each with a line on stderr, or for text an error object in its place); the others were done
  2    the command line is wrong
  3    nothing could be done, such as with a missing or damaged model
  4    the reader of the output went away
  130  interrupted (Ctrl-C)      143  terminated (SIGTERM)`;
