import type english from '../en/pipelines.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
