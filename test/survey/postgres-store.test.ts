import { afterAll, beforeAll, describe } from 'vitest';
import { PostgresStore } from '../../src/survey/postgres-store.js';
import { testStore } from './store-contract.js';
import { TestPostgres, postgresPrograms } from './test-postgres.js';

describe.skipIf(postgresPrograms === undefined)('with a PostgreSQL server', () => {
  let server: TestPostgres;
  /** Databases that no test uses now: emptying one is faster than making one. */
  const free: string[] = [];
  beforeAll(async () => {
    server = await TestPostgres.start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  testStore(
    'PostgreSQL',
    async () => {
      const database = free.pop() ?? (await server.makeDatabase());
      return {
        open: () => PostgresStore.open(server.location(database), { create: true }),
        remove: async () => {
          await server.query(database, 'TRUNCATE tonalitet.responses, tonalitet.corrections, tonalitet.backlog, tonalitet.cells, tonalitet.comment_words, tonalitet.audit, tonalitet.forgotten RESTART IDENTITY');
          free.push(database);
        },
      };
    },
    12,
  );
});
