import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../fixtures/reference')

/** The recorded numbers, or a file or folder among them; `README.md` there says where each comes from. */
export const recorded = (path = ''): string => join(folder, path)
