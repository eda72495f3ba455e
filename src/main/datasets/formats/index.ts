import type { ScannedFolder } from '../scan.ts'
import { unifyClasses } from './classes.ts'
import { diving48 } from './diving48.ts'
import { epicKitchens } from './epic-kitchens.ts'
import { folderPerClass, splitFolders } from './folders.ts'
import type { DatasetFormat, FolderAnnotations } from './format.ts'
import { hmdb51 } from './hmdb51.ts'
import { kineticsCsv } from './kinetics-csv.ts'
import { labelsCsv } from './labels-csv.ts'
import { momentsInTime } from './moments.ts'
import { pathLists } from './path-lists.ts'
import { somethingSomething } from './something-something.ts'
import { ucf101 } from './ucf101.ts'

/** In the order in which they are tried. A folder that fits none has one folder per class. */
const formats: readonly DatasetFormat[] = [
  labelsCsv,
  ucf101,
  hmdb51,
  kineticsCsv,
  epicKitchens,
  somethingSomething,
  diving48,
  momentsInTime,
  pathLists,
  splitFolders,
]

/**
 * Reads the annotations of a dataset folder in the first format that fits it.
 * @throws StudioError `bad-request` that names the file and the lines
 */
export function readAnnotations(folder: ScannedFolder): FolderAnnotations {
  return unifyClasses((formats.find((format) => format.detect(folder)) ?? folderPerClass).read(folder))
}
