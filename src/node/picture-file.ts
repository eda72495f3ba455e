/** Pictures that the decoder reads as videos of one frame. */
const pictureEnding = /\.(jpe?g|png|webp|bmp)$/i

/** Whether a file is a picture by the ending of its name. */
export const isPictureFile = (name: string): boolean => pictureEnding.test(name)
