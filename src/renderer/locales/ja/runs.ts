import type english from '../en/runs.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
