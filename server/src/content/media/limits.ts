/** Bounds of uploads. X's own where X publishes one. Sizes are bytes unless the name says otherwise. */
const MIB = 1 << 20;

/** X: JPEG, PNG and WebP. */
export const IMAGE_BYTES_MAX = 5 * MIB;
/** X: GIF. */
export const GIF_BYTES_MAX = 15 * MIB;
/** X: video. */
export const VIDEO_BYTES_MAX = 512 * MIB;
/** One request: a whole GIF, or a segment. X's segments are 5 MiB; a larger one up to this does no harm. */
export const PART_BYTES_MAX = GIF_BYTES_MAX;

/** X numbers segments 0 to 999. */
export const SEGMENTS_MAX = 1_000;
export const ALT_TEXT_LENGTH_MAX = 1_000;
/** X: others who may use an upload. */
export const ADDITIONAL_OWNERS_MAX = 100;
/** X: what a post shows. */
export const PHOTOS_A_POST_MAX = 4;

/** X: 24 hours, for an upload that nothing uses. */
export const UNUSED_MS = 24 * 3_600_000;

/** Room for two of the largest videos before the first of them is posted. */
export const UNUSED_BYTES_A_PERSON_MAX = 2 * VIDEO_BYTES_MAX;
/** Unfinished uploads of a person; more are a client that forgets them. */
export const PENDING_A_PERSON_MAX = 100;
/** Unused uploads of a person, finished ones included. */
export const UNUSED_A_PERSON_MAX = 1_000;
/** Parts that one person sends at the same moment: clients send segments in parallel. */
export const STAGING_A_PERSON_MAX = 8;
/** Parts that all persons send at the same moment: 64 × 15 MiB of disk at most. */
export const STAGING_MAX = 64;
/** Of them by one app, so that no app, with however many persons, leaves nothing for the others. */
export const STAGING_AN_APP_MAX = STAGING_MAX / 4;

/** 8,192 × 8,192, X's largest picture; 256 MiB when it lies decoded in memory. */
export const PICTURE_PIXELS_MAX = 8_192 * 8_192;
/** X's bounds of a GIF that moves: frames, and pixels of all frames together. */
export const GIF_FRAMES_MAX = 350;
export const GIF_PIXELS_MAX = 300_000_000;
/** A side longer than this is no picture that a browser shows; the formats allow up to 65,535. */
export const SIDE_PIXELS_MAX = 16_384;
/** A progressive JPEG has ten or so; each goes over the whole picture, and 5 MiB hold sixty thousand. */
export const JPEG_SCANS_MAX = 100;
/** 4,096 × 4,096, which X shows at most: decoding more takes seconds, and only one decoder does it at a time. */
export const HEAVY_PIXELS = 4_096 * 4_096;
/** What compresses better shows nothing: a lossless WebP of one colour has 67 million pixels in 38 bytes. */
export const HEAVY_PIXELS_A_BYTE_MAX = 8_192;
/** CPU time of one picture. The largest takes some ten seconds; what takes longer is hostile. */
export const DECODE_CPU_SECONDS_MAX = 60;
/** Pictures that wait for a decoder: of one person, by one app, and all. More are told to come again. */
export const DECODE_WAITING_A_PERSON_MAX = 8;
export const DECODE_WAITING_AN_APP_MAX = 32;
export const DECODE_WAITING_MAX = 256;

/** X: 140 seconds for most; 4 hours for some. What nobody can watch in a day is no video. */
export const VIDEO_MS_MAX = 4 * 3_600_000;
/** The index of a 4-hour video is some 10 MiB. It is read into memory. */
export const MOOV_BYTES_MAX = 32 * MIB;
/** Of all tracks that are neither picture nor sound together: three that note something every 50 ms of four hours. */
export const SAMPLES_MAX = 1_000_000;
