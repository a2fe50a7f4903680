import { aws } from "./aws.js";
import { azure } from "./azure.js";
import { clarifai } from "./clarifai.js";
import { google } from "./google.js";
import { openai } from "./openai.js";
import type { Vendor } from "./vendor.js";

/** The services whose wire format a stand-in speaks. */
export const vendors = { google, aws, azure, clarifai, openai } as const satisfies Readonly<Record<string, Vendor>>;
export type VendorName = keyof typeof vendors;
export const vendorNames = Object.keys(vendors) as [VendorName, ...VendorName[]];
