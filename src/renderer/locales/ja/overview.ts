import type english from '../en/overview.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
