import { formatQuantity } from '#contract/format.ts'
import { shortened } from './formats/classes.ts'

/** A folder whose pictures differ only in their numbers. */
export interface FrameFolder {
  /** Relative to the root of the dataset. */
  readonly path: string
  /** Number of its pictures. */
  readonly count: number
  /** Whether the numbers go from 0 or 1 without a gap. */
  readonly isWhole: boolean
}

const picturesOf = (folders: readonly FrameFolder[]): number => folders.reduce((sum, { count }) => sum + count, 0)

/**
 * Whether folders of numbered pictures are the videos of a dataset without other videos: at least half of all pictures are in folders
 * without a gap. Datasets of pictures have names with numbers too, but with gaps.
 */
export function areFrames(folders: readonly FrameFolder[], otherPictures: number): boolean {
  const frames = picturesOf(folders.filter(({ isWhole }) => isWhole))
  return frames > 0 && 2 * frames >= picturesOf(folders) + otherPictures
}

/** Warns of folders of frames beside videos. */
export function besideVideos(folders: readonly FrameFolder[]): string[] {
  const whole = folders.filter(({ isWhole }) => isWhole).map(({ path }) => path)
  return whole.length === 0
    ? []
    : [
        `${formatQuantity(whole.length, 'folder of numbered pictures was', 'folders of numbered pictures were')} left out because there are video files: ${shortened(whole)}. If ${whole.length === 1 ? 'it is a video' : 'they are videos'}, import a folder without video files.`,
      ]
}

/** Warns of pictures beside folders of frames. */
export const picturesBesideFrames = (pictures: readonly string[]): string[] =>
  pictures.length === 0
    ? []
    : [
        `${formatQuantity(pictures.length, 'picture is', 'pictures are')} in no folder that has only numbered pictures, and ${pictures.length === 1 ? 'was' : 'were'} left out: ${shortened(pictures)}. Number the frames of each video without gaps, with the same letters before the number and the same ending.`,
      ]

/** Says how folders of frames were read. */
export const describeFrames = (folders: number, frameRate: number, isChosen: boolean): string =>
  `${folders === 1 ? 'The folder' : `Each of the ${folders} folders`} of numbered pictures is a video of ${frameRate} frames per second, ${isChosen ? 'as chosen' : 'which is assumed because pictures do not say it; choose another frame rate (--frame-rate on the command line) if they were taken at one'}. If the pictures are not the frames of videos, rename them so that they are not numbered.`
