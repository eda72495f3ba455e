import { StudioError } from '#contract/api/errors.ts'
import { firstAvailable } from '../first-available.ts'
import type { Decoder } from './decoder.ts'
import { openFfmpeg } from './ffmpeg.ts'
import { withFrameFolders } from './frame-folders.ts'
import { openNodeAv } from './node-av.ts'

/**
 * Opens a decoder of files and of folders of numbered pictures: node-av, or the program ffmpeg if node-av is not installed or has no binary for this machine.
 * @throws StudioError `decoder-unavailable` if neither is available.
 */
export async function openDecoder(): Promise<Decoder> {
  try {
    return withFrameFolders(await firstAvailable([openNodeAv, openFfmpeg]))
  } catch (cause) {
    throw new StudioError(
      'decoder-unavailable',
      'No video decoder was found: the package node-av has no binary for this machine, and ffmpeg is not on the PATH.',
      "Install ffmpeg 5.1 or newer with your system's package manager, or run `npm install --include=optional`.",
      { cause },
    )
  }
}
