import type english from '../en/datasets.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
