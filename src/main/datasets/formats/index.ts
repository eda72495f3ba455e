import type { Annotation, DatasetFormat } from './format.ts'
import { labelsCsv } from './labels-csv.ts'

/** The first folder of each path is the class in the label set `class`. A video outside a folder has no class. */
const folderPerClass: DatasetFormat = {
  detect: () => true,
  read: (_root, paths) =>
    paths.map((path) => {
      const end = path.indexOf('/')
      return { path, split: null, labels: { class: end === -1 ? null : path.slice(0, end) } }
    }),
}

/** In the order in which they are tried; the last one fits every folder. */
const formats: readonly DatasetFormat[] = [labelsCsv, folderPerClass]

/** Reads the annotations of a dataset folder in the first format that fits it. */
export function readAnnotations(root: string, paths: readonly string[]): Annotation[] {
  const format = formats.find((candidate) => candidate.detect(root))
  return format?.read(root, paths) ?? []
}
