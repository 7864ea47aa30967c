/** A vitest reporter that ends the run with one plain line, `N passed, N failed`, after the usual report. */
export default class ClosingLine {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      // A file that could not even be loaded has no tests to count, and is a failure all the same.
      let counted = 0;
      for (const test of module.children.allTests()) {
        counted += 1;
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else skipped += 1;
      }
      if (module.state() === 'failed' && (counted === 0 || module.errors().length > 0)) failed += 1;
    }
    // Printed last, when the other reporters are done.
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`));
  }
}
