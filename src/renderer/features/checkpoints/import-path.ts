const checkpointEnding = /\.(safetensors|pth|pt|bin|ckpt)$/i

/** The folder that a browser shows for a path: that of a file, or the path itself. */
export function folderOf(path: string): string {
  if (!checkpointEnding.test(path)) return path
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))
  return end <= 0 ? path.slice(0, end + 1) : path.slice(0, end)
}

/** Names of files that say nothing of the model; the folder then does. */
const plainNames = new Set(['model', 'pytorch-model', 'checkpoint', 'mp-rank-00-model-states'])

/** A name for a model from its path: `/data/mae_pretrain_vit_base.pth` -> `mae-pretrain-vit-base`, with a number behind it when taken. */
export function suggestModelName(path: string, taken: ReadonlySet<string>): string {
  const parts = path
    .split(/[\\/]/)
    .filter((part) => part !== '')
    .map(plainName)
  const last = parts.at(-1) ?? ''
  const name = (plainNames.has(last) ? parts.at(-2) : last) ?? ''
  const base = name === '' ? 'model' : name
  if (!taken.has(base)) return base
  let number = 2
  while (taken.has(`${base}-${number}`)) number++
  return `${base}-${number}`
}

const plainName = (part: string): string =>
  part
    .replace(checkpointEnding, '')
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 58)
    .replaceAll(/^-+|-+$/g, '')
