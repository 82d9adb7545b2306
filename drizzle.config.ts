import { defineConfig } from 'drizzle-kit';

/** `npx drizzle-kit generate` writes the migration that brings the last one to `schema`. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './src/store/sqlite/schema.ts',
  out: './drizzle/sqlite',
});
