import { config } from 'zod'

// The page's content policy forbids code made from strings. Zod probes for it when the first schema is made, so this module comes before every schema.
config({ jitless: true })
