import type english from '../en/trash.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
