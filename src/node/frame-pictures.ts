import { isPictureFile } from './picture-file.ts'

/** Pictures whose names differ only in a number: the frames of a video. */
export interface FramePictures {
  /** File names in the order of their numbers. */
  readonly names: readonly string[]
  /** Why they are not all frames of a video, as a sentence; undefined if the numbers go from 0 or 1 without a gap. */
  readonly problem: string | undefined
}

/** A longer number is not that of a frame. */
const numberedName = /^(.*?)(\d{1,15})(\.\w+)$/

/** Whether a picture shows optical flow, as it is published beside frames: `flow_x_00001.jpg`. */
export const isOpticalFlow = (name: string): boolean => /^flow[-_]?[xyuv]?[-_]?\d+\.\w+$/i.test(name)

/**
 * The frames among the names of a folder; undefined if its pictures are not numbered, or fewer than two. Hidden files and optical flow do
 * not count.
 */
export function framePictures(entries: readonly string[]): FramePictures | undefined {
  const pictures = entries.filter((name) => !name.startsWith('.') && isPictureFile(name) && !isOpticalFlow(name))
  if (pictures.length < 2) return undefined
  const parts = pictures.map((name) => numberedName.exec(name))
  const [, prefix = '', , ending = ''] = parts[0] ?? []
  const numbered: NumberedName[] = []
  for (const part of parts) {
    if (part === null || part[1] !== prefix || part[3] !== ending) return undefined
    numbered.push({ name: part[0], number: Number(part[2]), digits: part[2]?.length ?? 0 })
  }
  numbered.sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1))
  const problem = problemOf(numbered, (number, digits) => prefix + String(number).padStart(digits, '0') + ending)
  return { names: numbered.map(({ name }) => name), problem }
}

interface NumberedName {
  readonly name: string
  readonly number: number
  /** Digits of the number, with leading zeros. */
  readonly digits: number
}

function problemOf(
  pictures: readonly NumberedName[],
  nameOf: (number: number, digits: number) => string,
): string | undefined {
  const [first] = pictures
  if (first !== undefined && first.number > 1)
    return `Frames are missing: the first picture is ${first.name}, not ${nameOf(1, first.digits)} or ${nameOf(0, first.digits)}.`
  for (const [index, next] of pictures.entries()) {
    const last = pictures[index - 1]
    if (last === undefined || next.number === last.number + 1) continue
    if (next.number === last.number) return `Two pictures have the same number: ${last.name} and ${next.name}.`
    const missing = [nameOf(last.number + 1, last.digits), nameOf(next.number - 1, next.digits)]
    return next.number === last.number + 2
      ? `Frames are missing: there is no ${missing[0]}.`
      : `Frames are missing: there is no ${missing[0]} to ${missing[1]}.`
  }
  return undefined
}

/** The frames among the names of a folder that is a video. */
export const framesOfVideo = (entries: readonly string[]): FramePictures =>
  framePictures(entries) ?? {
    names: [],
    problem: 'The folder does not have at least two pictures whose names differ only in their numbers.',
  }
