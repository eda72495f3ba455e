import type { CacheFolder } from './cache-folder.ts'

/** The folder of teacher features: `<digest>.features` for each clip and teacher, where the digest is that of all that they depend on. */
export const targetFolder = (path: string): CacheFolder => ({ path, ending: '.features' })

/** Name of the file with the features of this digest. */
export const targetsName = (digest: string): string => `${digest}.features`
