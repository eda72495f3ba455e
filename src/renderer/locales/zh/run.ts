import type english from '../en/run.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
