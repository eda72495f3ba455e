import type english from '../en/models.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
