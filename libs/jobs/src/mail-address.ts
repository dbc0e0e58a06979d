import * as z from 'zod';

/** Longest address, in characters (RFC 5321, section 4.5.3.1.3: a path of 256 octets with its angle brackets). */
const MAX_ADDRESS_LENGTH = 254;

/** One bare mail address (`ann@example.com`): no display name, no list, no line breaks. */
export const mailAddress = z.email('is not a mail address').max(MAX_ADDRESS_LENGTH);
