-- How the practice grew: which part of the patients of epoch A (in millionths, by id) came in which span of time
-- (seconds since 1970). Comments and states lag behind it, so that they come after their patient.
select column1 as part_from, column2 as part_to, column3 as at_from, column4 as at_to
from (
    values
    (      0,   30000, 1483228800, 1514764800),     -- 2017
    (  30000,  140000, 1514764800, 1546300800),     -- 2018
    ( 140000,  260000, 1546300800, 1577836800),     -- 2019
    ( 260000,  450000, 1577836800, 1609459200),     -- 2020
    ( 450000,  680000, 1609459200, 1640995200),     -- 2021
    ( 680000,  800000, 1640995200, 1672531200),     -- 2022
    ( 800000,  890000, 1672531200, 1704067200),     -- 2023
    ( 890000,  960000, 1704067200, 1735689600),     -- 2024
    ( 960000, 1000000, 1735689600, 1754784000)      -- to 2025-08-10
) as spans
