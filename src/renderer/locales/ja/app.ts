import type english from '../en/app.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
