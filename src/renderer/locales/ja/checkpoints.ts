import type english from '../en/checkpoints.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
