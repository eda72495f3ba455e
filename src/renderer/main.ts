import { config } from 'zod'

// The page's content policy forbids code made from strings. Zod probes for it when a schema is made, so the schemas come after this line.
config({ jitless: true })
await import('./window.ts')
