import type english from '../en/query.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
