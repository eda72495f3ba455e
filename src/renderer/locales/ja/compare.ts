import type english from '../en/compare.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
