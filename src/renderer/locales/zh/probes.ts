import type english from '../en/probes.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
