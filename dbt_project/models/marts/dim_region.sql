{{ config(post_hook="{{ create_codes_of_region_macro() }}") }}

with regions as (

    select * from {{ ref('seed_regions') }}

),

residents as (

    select * from {{ ref('resident_population') }}
    qualify row_number() over (partition by region_code order by year desc) = 1

),

former_names as (

    select * from {{ ref('former_region_names') }}

)

select
    regions.code as region_code,
    regions.name as region_name,
    regions.short_name,
    regions.name_en as region_name_en,
    regions.level,
    case
        when regions.level = 'nation' then 'nation'
        when regions.level in ('province', 'municipality', 'outside') then 'province'
        when regions.level = 'prefecture' then 'city'
        else 'county'
    end as tier,
    case
        when regions.is_vice_provincial then 'vice_provincial_city'
        else regions.level
    end as administrative_class,
    regions.province_code,
    provinces.name as province_name,
    regions.economic_belt,
    regions.city_group,
    regions.is_provincial_capital,
    regions.is_vice_provincial,
    regions.is_separately_planned,
    regions.valid_from,
    regions.valid_to,
    regions.successor_code,
    regions.succession,
    string_split(regions.aliases, '|') as aliases,
    former_names.former_name,
    former_names.until_year as former_name_until,
    residents.persons as resident_population,
    residents.year as resident_population_year,
    residents.source as resident_population_source
from regions
left join regions as provinces on regions.province_code = provinces.code
left join residents on regions.code = residents.region_code
left join former_names on regions.code = former_names.region_code
