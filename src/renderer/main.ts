import './api/opened-address.ts'
import { config } from 'zod'

// The content security policy forbids `eval`. Zod tests for it when a schema is created, so this runs before any schema is imported.
config({ jitless: true })
await import('./app/window.ts')
