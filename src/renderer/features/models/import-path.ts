import { segmentsOf, suggestName, toSlug } from '../../ui/suggest-name.ts'

const checkpointExtension = /\.(safetensors|pth|pt|bin|ckpt)$/i

/** The folder that the folder browser shows for a path: the folder of a file, or the path itself. */
export function folderOf(path: string): string {
  if (!checkpointExtension.test(path)) return path
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))
  return end <= 0 ? path.slice(0, end + 1) : path.slice(0, end)
}

/** File names that do not identify a model; the name of the folder is used instead. */
const genericNames = new Set(['model', 'pytorch-model', 'checkpoint', 'mp-rank-00-model-states'])

/** A free name for a model, from its path: `/data/mae_pretrain_vit_base.pth` -> `mae-pretrain-vit-base`. */
export function suggestModelName(path: string, taken: ReadonlySet<string>): string {
  const names = segmentsOf(path).map((segment) => segment.replace(checkpointExtension, ''))
  const last = names.at(-1) ?? ''
  return suggestName((genericNames.has(toSlug(last)) ? names.at(-2) : last) ?? '', 'model', taken)
}
