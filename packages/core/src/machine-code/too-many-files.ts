/** Why an image cannot be read that has more than `LIMITS.imageFiles`. */
export const TOO_MANY_FILES = 'it has more files than the limit for an image'
