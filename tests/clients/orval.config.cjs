// Two clients of one description: functions over fetch, and zod schemas that check what is sent and what comes back.
const input = '../../swagger/v1/swagger.json';
const output = '../../build/clients';
module.exports = {
  functions: {
    input,
    output: {
      target: `${output}/orval_functions.ts`,
      client: 'fetch',
      override: { mutator: { path: `${output}/orval_fetcher.ts`, name: 'fetcher' } },
    },
  },
  schemas: { input, output: { target: `${output}/orval_schemas.ts`, client: 'zod' } },
};
