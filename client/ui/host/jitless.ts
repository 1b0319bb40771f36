import { config } from 'zod';

// Imported before any schema: zod compiles schemas by `new Function`, which the content security policy forbids.
config({ jitless: true });
