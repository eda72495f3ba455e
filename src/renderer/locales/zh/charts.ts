import type english from '../en/charts.ts'
import type { Unfinished } from '../shape.ts'

export default {} satisfies Unfinished<typeof english>
